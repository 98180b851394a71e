/** `powerMonitor`: says what a test told it; tests raise its events with `emit`. */
import { StrictEmitter } from './strict.ts';

export class PowerMonitor
  extends StrictEmitter
  implements
    Pick<Electron.PowerMonitor, 'getSystemIdleTime' | 'getSystemIdleState' | 'isOnBatteryPower'>
{
  /** Set by a test. */
  idleSeconds = 0;
  /** Set by a test. */
  isLocked = false;
  onBatteryPower = false;

  protected override get raises(): readonly string[] {
    return [
      'suspend',
      'resume',
      'lock-screen',
      'unlock-screen',
      'on-ac',
      'on-battery',
      'shutdown',
      'user-did-become-active',
      'user-did-resign-active',
    ];
  }

  getSystemIdleTime(): number {
    return this.idleSeconds;
  }

  getSystemIdleState(thresholdSeconds: number): 'active' | 'idle' | 'locked' {
    if (this.isLocked) return 'locked';
    return this.idleSeconds >= thresholdSeconds ? 'idle' : 'active';
  }

  isOnBatteryPower(): boolean {
    return this.onBatteryPower;
  }
}
