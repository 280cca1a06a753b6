"""Gives the mixture back after a while: a stand-in for a model whose time is known."""

import time

from sepbench.separators.separator import Estimate


class Adapter:
    def load(self, config, device):
        self.seconds = config["seconds"]

    def separate(self, requests):
        time.sleep(self.seconds * len(requests))
        return [Estimate(request.item, request.mixture, request.sample_rate) for request in requests]
