"""Arithmetic recorded once and replayed for many samples, with its gradients."""
