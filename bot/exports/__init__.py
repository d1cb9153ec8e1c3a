"""Claims -> files that other programs read; each library behind one file."""
