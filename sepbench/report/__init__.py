"""Reports: one self-contained page from run folders."""
