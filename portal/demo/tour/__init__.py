"""The main job of Accord in nine steps, on real events, without a browser."""
