"""What is watched, as data: from the settings to alarms, before any monitoring system."""
