"""Charts: plain points and profiles -> pictures. It knows neither networks nor counts; matplotlib draws."""
