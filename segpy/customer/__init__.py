"""Customers: RFM, scores, segments, actions."""
