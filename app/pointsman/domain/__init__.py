"""The rules of lead routing as pure functions: no input, no output, no clock, no chance."""
