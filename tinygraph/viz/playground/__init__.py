"""The playground: any graph as one page on which it trains live."""
