"""Pages of one lead, and the story that they tell."""
