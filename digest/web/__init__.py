"""The face for browsers: pages, and pictures of them."""
