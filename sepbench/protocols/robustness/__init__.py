"""Lists that ask what no paper measures: absent sounds, removal, wording, ratio, number of sources, length, level."""
