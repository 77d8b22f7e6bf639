"""What the program costs, beside what a peer costs on the same machine in the same run."""
