"""The commands about connectors: what is installed, whether it works, and a new one."""
