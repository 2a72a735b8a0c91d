"""Market baskets: baskets from order lines, frequent itemsets."""
