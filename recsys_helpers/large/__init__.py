"""When one machine, or its memory, is not enough (chapter 10)."""
