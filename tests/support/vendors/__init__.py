"""The service with the fakes of real vendors: they keep calendars, and call back."""
