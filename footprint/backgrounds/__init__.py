"""Backgrounds of a home folder: taken in, found again, and their products made factors."""
