"""The engine: batches of samples over one product system. numpy and scipy only."""
