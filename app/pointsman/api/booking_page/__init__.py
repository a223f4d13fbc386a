"""The booking page: HTML for a buyer who has a link, made here whole. No script, nothing from elsewhere."""
