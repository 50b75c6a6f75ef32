"""Bytes in, messages out: SMB, NTLMSSP and what carries them."""
