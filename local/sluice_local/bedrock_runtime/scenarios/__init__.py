"""Scripted answers: what they are made of, the library of named ones, and their JSON form."""
