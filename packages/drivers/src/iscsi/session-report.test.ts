import { expect, test } from "vitest";
import { parseOffers, parseSessions } from "./session-report.ts";

/** open-iscsi 2.1.8, shortened; the second target by two portals, one of which is gone. */
const SAID = `iSCSI Transport Class version 2.0-870
version 2.1.8
Target: iqn.2026-01.test:one (non-flash)
	Current Portal: 127.0.0.1:3260,1
	Persistent Portal: 127.0.0.1:3260,1
		Interface:
		Iface Name: default
		SID: 2
		iSCSI Connection State: LOGGED IN
		iSCSI Session State: LOGGED_IN
		Internal iscsid Session State: NO CHANGE
		CHAP:
		username: vmp
		password: ********
		Attached SCSI devices:
		Host Number: 0	State: running
		scsi0 Channel 00 Id 0 Lun: 0
		scsi0 Channel 00 Id 0 Lun: 1
			Attached scsi disk sda		State: running
		scsi0 Channel 00 Id 0 Lun: 17
			Attached scsi disk sdq		State: running
Target: iqn.2026-01.test:two (non-flash)
	Current Portal: 10.0.0.9:3260,1
	Persistent Portal: 10.0.0.1:3260,1
		iSCSI Session State: LOGGED_IN
		scsi1 Channel 00 Id 0 Lun: 1
			Attached scsi disk sdb		State: running
	Current Portal: [fd00::1]:3260,2
	Persistent Portal: [fd00::1]:3260,2
		iSCSI Session State: FAILED
		scsi2 Channel 00 Id 0 Lun: 1
			Attached scsi disk sdc		State: transport-offline
`;

test("sessions with their portals and disks", () => {
  expect(parseSessions(SAID)).toEqual([
    {
      target: "iqn.2026-01.test:one",
      portal: "127.0.0.1:3260",
      isLoggedIn: true,
      disks: new Map([
        [1, "sda"],
        [17, "sdq"],
      ]),
    },
    { target: "iqn.2026-01.test:two", portal: "10.0.0.1:3260", isLoggedIn: true, disks: new Map([[1, "sdb"]]) },
    { target: "iqn.2026-01.test:two", portal: "[fd00::1]:3260", isLoggedIn: false, disks: new Map([[1, "sdc"]]) },
  ]);
  expect(parseSessions("iscsiadm: No active sessions.\n")).toEqual([]);
});

test("what a portal offers", () => {
  expect(parseOffers("127.0.0.1:3260,1 iqn.2026-01.test:one\n[fd00::1]:3260,2 iqn.2026-01.test:two\n")).toEqual([
    { portal: "127.0.0.1:3260", target: "iqn.2026-01.test:one" },
    { portal: "[fd00::1]:3260", target: "iqn.2026-01.test:two" },
  ]);
});
