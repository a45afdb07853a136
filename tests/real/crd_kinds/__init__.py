"""What the API server must accept and refuse, kind by kind."""
