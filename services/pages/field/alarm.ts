// Makes itself heard and felt until somebody confirms.

const AGAIN_AFTER_MS = 4_000;
const PATTERN_MS = [500, 200, 500, 200, 500];
const TONES_HZ = [880, 660, 880];
const TONE_S = 0.25;

let sound: AudioContext | null = null;

/** A browser lets a page be heard only once somebody has touched it. */
export function allowSound(): void {
  sound ??= new AudioContext();
  void sound.resume();
}

/** Rings until the answer is called. */
export function ring(): () => void {
  once();
  const timer = setInterval(once, AGAIN_AFTER_MS);
  return () => {
    clearInterval(timer);
    navigator.vibrate?.(0);
  };
}

function once(): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(PATTERN_MS);
  if (sound?.state !== "running") return;
  TONES_HZ.forEach((frequency, index) => {
    const context = sound as AudioContext;
    const tone = context.createOscillator();
    const volume = context.createGain();
    volume.gain.value = 0.4;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(context.destination);
    const begin = context.currentTime + index * TONE_S;
    tone.start(begin);
    tone.stop(begin + TONE_S * 0.8);
  });
}
