"""What is measured runs here: databases, servers, and work done inside of Django."""
