"""Tests of the world outside: what goes to sinks and screens, and what operators see."""
