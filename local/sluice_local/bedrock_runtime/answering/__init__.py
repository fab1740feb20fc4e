"""The emulator's own replies: prose, tools, reasoning, usage."""
