"""Speaking to Graph: requests, what their answers mean, times, and the places that calendars are."""
