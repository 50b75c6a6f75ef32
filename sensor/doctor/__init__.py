"""What is wrong with a feed, in plain words, and how to put it right."""
