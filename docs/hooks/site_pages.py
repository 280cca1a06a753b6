"""The hook of mkdocs.yml: adds the pages about metrics and their plots, which are made when the site is."""

from __future__ import annotations

from pathlib import Path

from metric_pages import grouped, index, page, pages, plotted
from metric_plots import drawing
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

SECTION = "Metrics"
BESIDE = ("metrics-perceptual.md", "metrics-sets.md", "embeddings.md", "afsim.md", "suites/robustness.md")
"""Pages that explain metrics at length."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The pages about metrics stand after the written ones of their section."""
    (section,) = [entry[SECTION] for entry in config.nav or [] if isinstance(entry, dict) and SECTION in entry]
    section += [{title: [{base: f"metrics/{base}.md"} for base in bases]} for title, bases in grouped().items()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages and plots, as if they lay among the others."""
    files.append(File.generated(config, "metrics/index.md", content=index()))
    written = {name: Path(config.docs_dir, name).read_text(encoding="utf-8") for name in BESIDE}
    for base, variants in pages().items():
        names = [f"`{metric.name}`" for metric in variants]
        mentions = [
            (text.partition("\n")[0].removeprefix("# "), f"../{name}")
            for name, text in written.items()
            if any(one in text for one in names)
        ]
        files.append(File.generated(config, f"metrics/{base}.md", content=page(base, mentions)))
        shown = plotted(variants)
        if shown:
            files.append(File.generated(config, f"metrics/plots/{base}.svg", content=drawing(shown)))
    return files
