"""Tiny versions of published lists, with the headers, file names and faults that the true ones have."""

from __future__ import annotations

AUDIOCAPS = (
    "idx,caption,labels,src_wav,noise_wav",
    '0,Rain falls,"Rain Inside, public space",Y7fmOlUlwoNg.wav,Y-aYumc8KoXg.wav',
    '1,"A dog, barking",Dog,Y-aYumc8KoXg.wav,Y7fmOlUlwoNg.wav',
    "2,It rains,Rain,Y7fmOlUlwoNg.wav,Y7fmOlUlwoNg.wav",
)
CLOTHO = (
    "idx,caption,src_wav,noise_wav1,noise_wav1",
    '0,A machine whines.,Santa Motor.wav,"Foz, river.wav",Wipers .wav',
    "1,Water runs. ,Wipers .wav,Wipers .wav,Santa Motor.wav",
    "2,A motor,Santa Motor.wav,Wipers .wav,Wipers .wav",
    "3,A motor,Santa Motor.wav,Wipers .wav,Santa Motor.wav",
)
ESC50 = (
    "idx,caption,src_wav,noise_wav",
    "0,dog,1-100-A-0.wav,2-200-A-14.wav",
    "1,chirping birds,2-200-A-14.wav,1-100-A-0.wav",
    "2,dog,1-100-B-0.wav,1-100-A-0.wav",
    "3,dog,1-100-A-0.wav,1-100-A-0.wav",
)
MUSIC = (
    "idx,caption,src_wav,noise_wav",
    "0,accordion,Y1mCi6eWXVbg_0.wav,YX4UWEifacwI_16.wav",
    "1,acoustic guitar,YX4UWEifacwI_6.wav,Y1mCi6eWXVbg_0.wav",
    "2,accordion,Y1mCi6eWXVbg_0.wav,Y1mCi6eWXVbg_1.wav",
)
VGGSOUND = (
    "file_id,mix_wav,s0_wav,s0_text,s1_wav,s1_text",
    *(
        f"{row},data/mix_wav/{row}.wav,data/s0_wav/{row}.wav,{target},data/s1_wav/{row}.wav,{noise}"
        for row, target, noise in (
            ("-JUBdOr8Hes_000030+++37Vxf0Wz-3o_000001", "playing accordion", "sea lion barking"),
            ("-gYMAfoDgu0_000705+++cSnTCET2CsA_005584", '"race car, auto racing"', '"race car, auto racing"'),
        )
    ),
)
AUDIOSET = (
    "idx,caption,src_wav,noise_wav",
    *(
        f'{number},{name},"evaluation/data/audioset/{stem},source.wav","evaluation/data/audioset/{stem},mixture.wav"'
        for number, name, stem in (
            (0, "Speech", "class_id=0/class_id=0,index=000"),
            (0, "Speech", "class_id=0/class_id=0,index=001"),
            (1, '"Male speech, man speaking"', "class_id=1/class_id=1,index=000"),
        )
    ),
)
LISTS = {
    "audiocaps": AUDIOCAPS,
    "clotho": CLOTHO,
    "esc50": ESC50,
    "music": MUSIC,
    "vggsound": VGGSOUND,
    "audioset": AUDIOSET,
}
DCASE = (
    "source, noise, snr, caption",
    "692211_12333864-hq,683417_321967-hq,-3,A dog barks",
    '683417_321967-hq,692211_12333864-hq,15,"Rain, and wind"',
)
OWN = (
    "id,prompt,recording,class",
    'a,"a dog, barking",freesound:1,dog',
    "b,rain on a roof,freesound:2,rain",
)


def content(lines: tuple[str, ...], ending: str = "\n") -> bytes:
    """The file's bytes."""
    return ending.join([*lines, ""]).encode()
