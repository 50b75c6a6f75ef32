"""Makes the captures in pcaps/ and the rows that each of them must give."""
