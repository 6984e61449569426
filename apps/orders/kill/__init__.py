"""The kill switch: pressed, carried out, verified, released."""
