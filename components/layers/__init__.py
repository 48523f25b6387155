"""The components put together, layer upon layer: foundation, data, serving, watching.

Each layer is a function that takes what the ones below it made. What a component needs and gives
stands in its own file; here stands only who is connected with whom.
"""
