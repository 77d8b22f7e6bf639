"""Turn an edition and a template set into a rendition: blocks with open merge fields."""
