"""Programs that run beside the tests: commands, the demo, calendar servers, browsers."""
