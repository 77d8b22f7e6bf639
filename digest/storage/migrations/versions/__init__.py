"""One module for each version of the tables; what is released is never changed."""
