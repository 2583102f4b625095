"""The checked program as frozen data: the waist of the hourglass."""
