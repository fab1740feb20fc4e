"""Thin fronts: how a request reaches the application, and how its response leaves."""
