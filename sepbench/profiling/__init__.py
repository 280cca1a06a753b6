"""What a separator costs: parameters, multiply-accumulates, time and memory."""
