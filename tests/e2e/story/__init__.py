"""The story: what a user of kaizen lives through, played against the real cluster and asserted (hack/demo)."""
