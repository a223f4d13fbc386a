"""The texts of messages, one folder per language, one file per part of the service: a key and what is read."""
