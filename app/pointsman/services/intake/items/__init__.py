"""Parts of working an accepted item off: taking what was refused apart, and what is kept of how it ended."""
