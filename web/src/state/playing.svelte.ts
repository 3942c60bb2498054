// The one sound that plays.

import { app } from './app.svelte';

type Sound = () => Promise<Blob>;

class Playing {
  sound = $state.raw<Sound | null>(null);
  #audio: HTMLAudioElement | null = null;

  async toggle(sound: Sound): Promise<void> {
    const again = this.sound === sound;
    this.#end();
    if (again) return;
    this.sound = sound;
    try {
      const address = URL.createObjectURL(await sound());
      if (this.sound !== sound) return URL.revokeObjectURL(address);
      const audio = new Audio(address);
      this.#audio = audio;
      audio.onended = () => audio === this.#audio && this.#end();
      await audio.play();
    } catch (error) {
      if (this.sound === sound) this.#end();
      app.fail(error);
    }
  }
  #end(): void {
    this.#audio?.pause();
    if (this.#audio) URL.revokeObjectURL(this.#audio.src);
    this.#audio = this.sound = null;
  }
}

export const playing = new Playing();
