"""Every sound class: its name, what a listener would say of it, what it is a kind of, and how it is made.

Captions hold for every variation, so they state no counts. `parents` are coarser classes: a class that shares one with
another is no fair stand-in for a sound that must be absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sepbench.corpora.synthesis import (
    bells_and_clocks,
    birds,
    cries,
    impacts,
    machines,
    mammals,
    signals,
    small_animals,
    speech,
    strings,
    water,
    wind_and_fire,
    winds_and_drums,
)
from sepbench.corpora.synthesis.envelopes import Signal


@dataclass(frozen=True)
class SoundClass:
    """One class.

    Attributes:
        label: a short lower-case noun phrase.
        caption: one sentence that describes every variation.
        paraphrases: the same in other words.
        synthesise: (generator, samples, sample rate in Hz) -> float64 of shape (time,), at any level.
        parents: coarser classes, the nearest first.
    """

    label: str
    caption: str
    paraphrases: tuple[str, str, str]
    synthesise: Callable[[np.random.Generator, int, int], Signal]
    parents: tuple[str, ...]


CLASSES: tuple[SoundClass, ...] = (
    SoundClass(
        "acoustic guitar",
        "An acoustic guitar plays broken chords",
        ("fingerpicked steel strings", "someone strumming arpeggios on a guitar", "a plucked string instrument"),
        strings.acoustic_guitar,
        ("plucked string", "string instrument", "music"),
    ),
    SoundClass(
        "alarm clock",
        "A digital alarm clock beeps again and again",
        ("an electronic wake-up beeper", "repeated high beeps", "a bedside alarm going off"),
        signals.alarm_clock,
        ("alarm", "signal"),
    ),
    SoundClass(
        "applause",
        "A crowd of people claps its hands",
        ("an audience applauding", "many hands clapping", "spectators clap after a show"),
        impacts.applause,
        ("crowd", "human"),
    ),
    SoundClass(
        "baby cry",
        "A baby wails and gasps for breath",
        ("an infant crying", "a newborn sobbing loudly", "an unhappy little child bawling"),
        cries.baby_cry,
        ("human voice", "human"),
    ),
    SoundClass(
        "bird song",
        "A songbird whistles and trills",
        ("birds chirping", "a warbler singing", "tweeting in the trees"),
        birds.bird_song,
        ("bird", "animal"),
    ),
    SoundClass(
        "car engine",
        "The engine of a car runs",
        ("a motor idling or revving", "an automobile with its engine on", "the hum of a combustion motor"),
        machines.car_engine,
        ("engine", "vehicle", "machine"),
    ),
    SoundClass(
        "car horn",
        "A driver honks the horn of a car",
        ("an automobile beeping in traffic", "impatient honking", "a vehicle tooting"),
        signals.car_horn,
        ("horn", "vehicle", "signal"),
    ),
    SoundClass(
        "cat meow",
        "A cat meows and pauses",
        ("a kitten mewing", "a feline calling out", "a house cat wants food"),
        mammals.cat_meow,
        ("domestic animal", "animal"),
    ),
    SoundClass(
        "church bell",
        "A church bell tolls and its strokes ring on",
        ("a steeple chiming", "large bronze bells ringing", "peals from a tower"),
        bells_and_clocks.church_bell,
        ("bell", "signal"),
    ),
    SoundClass(
        "clock tick",
        "A clock ticks steadily",
        ("the tick-tock of a timepiece", "a mechanical clockwork beating", "regular clicks of a wall clock"),
        bells_and_clocks.clock_tick,
        ("mechanism", "household"),
    ),
    SoundClass(
        "cow moo",
        "A cow moos with a long low voice",
        ("cattle lowing", "a bovine bellowing on a farm", "a heifer calling"),
        mammals.cow_moo,
        ("farm animal", "animal"),
    ),
    SoundClass(
        "crickets",
        "Crickets chirp in the night",
        ("insects stridulating", "high-pitched bugs in a meadow", "a summer evening full of chirring insects"),
        small_animals.crickets,
        ("insect", "animal"),
    ),
    SoundClass(
        "crow caw",
        "A crow caws hoarsely",
        ("a raven calling", "harsh cries of a black bird", "a rook cawing outdoors"),
        birds.crow_caw,
        ("bird", "animal"),
    ),
    SoundClass(
        "dog bark",
        "A dog barks with short pauses",
        ("a canine woofing", "a hound yapping", "a puppy or a guard dog barking"),
        mammals.dog_bark,
        ("domestic animal", "animal"),
    ),
    SoundClass(
        "door knock",
        "Somebody knocks on a wooden door",
        ("knuckles rapping on wood", "a visitor at the door", "several raps on a door panel"),
        impacts.door_knock,
        ("impact", "household"),
    ),
    SoundClass(
        "drum kit",
        "A drummer plays a beat on a drum kit",
        ("kick, snare and hi-hat", "a rock groove on drums", "rhythmic percussion"),
        winds_and_drums.drum_kit,
        ("percussion", "music"),
    ),
    SoundClass(
        "fire crackling",
        "A wood fire crackles and pops",
        ("a campfire burning", "flames snapping in a fireplace", "logs ablaze"),
        wind_and_fire.fire_crackling,
        ("fire", "nature"),
    ),
    SoundClass(
        "flute",
        "A flute plays a melody",
        ("a breathy woodwind tune", "someone playing the transverse flute", "a soft melody of a wind instrument"),
        winds_and_drums.flute,
        ("wind instrument", "music"),
    ),
    SoundClass(
        "footsteps",
        "Somebody walks at an even pace",
        ("a person's steps", "shoes treading on the ground", "someone strolling by"),
        impacts.footsteps,
        ("human movement", "human"),
    ),
    SoundClass(
        "frog croak",
        "A frog croaks over and over",
        ("a toad calling", "an amphibian by the pond", "ribbits in a swamp"),
        small_animals.frog_croak,
        ("amphibian", "animal"),
    ),
    SoundClass(
        "helicopter",
        "A helicopter flies with chopping rotor blades",
        ("a chopper hovering", "rotorcraft overhead", "whirling blades of an aircraft"),
        machines.helicopter,
        ("aircraft", "vehicle", "machine"),
    ),
    SoundClass(
        "keyboard typing",
        "Somebody types on a computer keyboard",
        ("keys clacking", "a person writing on a PC", "rapid keystrokes"),
        impacts.keyboard_typing,
        ("office", "household"),
    ),
    SoundClass(
        "laughter",
        "A person laughs out loud",
        ("someone giggling", "ha ha ha", "hearty chuckling"),
        cries.laughter,
        ("human voice", "human"),
    ),
    SoundClass(
        "piano",
        "A pianist plays a tune on the piano",
        ("a grand or upright being played", "struck strings of a keyboard instrument", "piano music"),
        strings.piano,
        ("keyboard instrument", "music"),
    ),
    SoundClass(
        "rain",
        "Rain falls steadily",
        ("a downpour", "drops pattering on leaves and roofs", "a steady shower outdoors"),
        water.rain,
        ("water", "weather", "nature"),
    ),
    SoundClass(
        "rooster crow",
        "A rooster crows at dawn",
        ("cock-a-doodle-doo", "a cockerel calling in the farmyard", "a male chicken's loud call"),
        birds.rooster_crow,
        ("bird", "farm animal", "animal"),
    ),
    SoundClass(
        "sea waves",
        "Waves of the sea break on the shore",
        ("surf rolling in", "the ocean at a beach", "breakers crashing and receding"),
        water.sea_waves,
        ("water", "nature"),
    ),
    SoundClass(
        "sheep bleat",
        "A sheep bleats with a trembling voice",
        ("a lamb or an ewe going baa", "a flock animal calling", "baaing in a pasture"),
        mammals.sheep_bleat,
        ("farm animal", "animal"),
    ),
    SoundClass(
        "siren",
        "The siren of an emergency vehicle sounds",
        (
            "a police car or ambulance warning",
            "a fire brigade wailing past",
            "an emergency alert in the street",
        ),
        signals.siren,
        ("alarm", "vehicle", "signal"),
    ),
    SoundClass(
        "speech",
        "A person talks in an unknown language",
        ("someone speaking", "a human voice saying something", "a talker's babble"),
        speech.speech,
        ("human voice", "human"),
    ),
    SoundClass(
        "stream",
        "Water of a stream gurgles over stones",
        ("a babbling brook", "a creek flowing", "running water bubbling along"),
        water.stream,
        ("water", "nature"),
    ),
    SoundClass(
        "telephone ring",
        "An old telephone with a bell rings",
        ("a landline phone ringing", "an incoming call on a rotary phone", "shrill hammering of a phone's gongs"),
        signals.telephone_ring,
        ("bell", "alarm", "signal"),
    ),
    SoundClass(
        "thunder",
        "Thunder cracks and rolls",
        ("a storm rumbling", "a lightning strike's boom", "deep peals from dark clouds"),
        wind_and_fire.thunder,
        ("weather", "nature"),
    ),
    SoundClass(
        "train horn",
        "A train blows its horn",
        ("a locomotive sounding a chord", "railway air horns", "a freight train warning at a level crossing"),
        signals.train_horn,
        ("horn", "vehicle", "signal"),
    ),
    SoundClass(
        "trumpet",
        "A trumpet plays a melody",
        ("a bright brass tune", "someone blowing a fanfare", "a solo full of brassy brilliance"),
        winds_and_drums.trumpet,
        ("brass", "wind instrument", "music"),
    ),
    SoundClass(
        "vacuum cleaner",
        "A vacuum cleaner roars and whines",
        ("somebody hoovering the carpet", "a household suction motor", "floor cleaning with an electric appliance"),
        machines.vacuum_cleaner,
        ("machine", "household"),
    ),
    SoundClass(
        "violin",
        "A violin plays a melody with vibrato",
        ("a fiddle being bowed", "a bowed string instrument", "someone drawing a bow over strings"),
        strings.violin,
        ("bowed string", "string instrument", "music"),
    ),
    SoundClass(
        "water drops",
        "Water drips from a tap into a basin",
        ("a leaking faucet", "drip after drip plopping", "single droplets falling into a sink"),
        water.water_drops,
        ("water", "household"),
    ),
    SoundClass(
        "wind",
        "Wind howls in gusts",
        ("a gale blowing", "air whistling around a house", "a stormy breeze"),
        wind_and_fire.wind,
        ("weather", "nature"),
    ),
)
