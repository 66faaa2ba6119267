"""From a frozen ledger to a site's own factors: ratios, allocation, shares and quality."""
