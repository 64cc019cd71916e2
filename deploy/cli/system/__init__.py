"""Commands on the installation itself: topics, agencies, doctor, back-up, dead letters."""
