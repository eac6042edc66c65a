"""HOW it hears, thinks and speaks. Knows no desk."""
