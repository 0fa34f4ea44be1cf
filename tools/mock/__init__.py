"""The scripted upstream behind tools/mock_upstream."""
