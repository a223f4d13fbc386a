"""The policy in force, its drafts and its history."""
