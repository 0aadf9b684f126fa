package lab

import "fmt"

// The texts of the console. Those under "known" are documented or were captured. All others were chosen for the lab,
// because the real code or wording is not known; a client must not depend on them beyond their shape (class letter,
// code, sentence) and their exit code.

// Known.
const (
	msgNoResults  = "[VIOSI01040010-0003] No results were found."
	msgInUseDisk  = "\"%s\" is already being used as a backing device.  Specify the -f flag\nto force this device to be used anyway."
	msgNoVTD      = "NO VIRTUAL TARGET DEVICE FOUND"
	msgNoSEA      = "NO SHARED ETHERNET ADAPTER FOUND"
	msgVTBusy     = "Virtual terminal is already connected"
	msgLsmapFlag  = "Option flag is not valid"                              // text for options of a newer level
	msgEmptySlot  = "no adapter in that slot"                               // part of the text of chhwres -o r
	msgNotFound   = "[VIOSE010401A1-0042] The partition %s does not exist." // code known, text chosen
	exitNoDevice  = 10
	exitNotSVSA   = 15
	exitNotSVEA   = 16
	exitNotVFC    = 63
	exitNotFound  = 127
	linuxRefcode  = "Linux ppc64"
	msgReqParam   = "[VIOSE01040120-0006] Required parameter %s or its value is missing or not valid."
	shellPrefix   = "rksh: "
	shellNotFound = shellPrefix + "%s:  not found."
)

// Chosen: the shell.
const (
	msgRestricted = "0403-019 The operation is not allowed in a restricted shell."
	msgNoFile     = "0403-016 Cannot find or open the file."
	msgSyntax     = shellPrefix + "0403-057 Syntax error: %s"
	msgOEM        = "oem_setup_env: [VIOSE01010002-0010] The root shell is not part of this simulator."
	msgIoscli     = "[VIOSE01010002-0003] Command %q is not found. Run \"help\" to see the commands."
	msgLocked     = "3004-303 There have been too many unsuccessful login attempts; please see\n\tthe system administrator.\n"
)

// Chosen: options and records of the partition commands.
const (
	msgBadOption     = "[VIOSE01040120-0005] An invalid parameter was entered.  The parameter %s is not valid.  Please check your entry and retry the command."
	msgTwice         = "[VIOSE01040120-0007] The parameter %s was entered more than once or conflicts with another parameter."
	msgBadAttr       = "[VIOSE01040121-0002] An invalid attribute was entered.  The invalid attribute is %s.  Please correct your entry and retry the command."
	msgBadFormat     = "[VIOSE01040121-0003] The format of the configuration data is invalid."
	msgMissingAttr   = "[VIOSE01040121-0004] The configuration data does not have all required attributes.  The missing attributes are %s."
	msgBadValue      = "[VIOSE01040121-0005] The value %q of the attribute %s is not valid.%s"
	msgBadFilter     = "[VIOSE01040120-0008] The filter %s is not valid.  Please check your entry and retry the command."
	msgNoSystem      = "[VIOSE01040123-0001] The managed system %s was not found."
	msgNoFile2       = "[VIOSE01040120-0009] The file %s cannot be read."
	msgNameTaken     = "[VIOSE01040130-0001] A partition in the managed system already uses the name %s."
	msgIDTaken       = "[VIOSE01040130-0002] A partition in the managed system already uses the ID %d."
	msgTooMany       = "[VIOSE01040130-0003] The managed system supports %d partitions."
	msgWrongState    = "[VIOSE01040140-0001] The partition is not in a state under which this operation can be performed.  Check the state of the partition."
	msgNotOff        = "[VIOSE01040140-0002] The partition must be in the Not Activated state to perform this operation."
	msgAlreadyOff    = "[VIOSE01040140-0003] The partition is already powered off."
	msgNeedRMC       = "[VIOSE01040140-0004] The operation needs an active RMC connection to partition %s."
	msgNoMemory      = "[VIOSE01040141-0001] There is not enough memory: Obtained: %d, Required: %d. Check that there is enough memory available."
	msgNoProcessors  = "[VIOSE01040141-0002] There are not enough processing resources: Obtained: %s, Required: %s. Check that there are enough processing units available."
	msgVTOpen        = "[VIOSE01040140-0005] A virtual terminal of the partition is open.  Close it with rmvt."
	msgVIOSItself    = "[VIOSE01040140-0006] The operation is not allowed for the management partition."
	msgDLPAR         = "[VIOSE01040150-0001] Partition %s does not support this dynamic operation, or its RMC connection is not active."
	msgLimit         = "[VIOSE01040150-0002] The quantity is outside the minimum and maximum of the partition."
	msgRegion        = "[VIOSE01040150-0003] The quantity must be a multiple of the memory region size for the managed system, which is %d MB."
	msgUnitsPerProc  = "[VIOSE01040150-0004] The processing units are too few for the virtual processors: each needs %s."
	msgSlotUsed      = "[VIOSE01040160-0001] The virtual slot %d is in use."
	msgSlotRange     = "[VIOSE01040160-0002] The virtual slot %d is outside 2 to %d."
	msgSlotEmpty     = "[VIOSE01040160-0003] There is " + msgEmptySlot + "."
	msgNoFreeSlot    = "[VIOSE01040160-0004] The Virtual I/O Server has no free virtual slot."
	msgAdapterBusy   = "[VIOSE01040160-0005] The adapter in virtual slot %d is in use by %s."
	msgTrunk         = "[VIOSE01040160-0007] The adapter in virtual slot %d cannot be a trunk adapter of priority %d: VLAN %d has one of that priority."
	msgDRC           = "[VIOSE01040160-0006] The I/O slot %s does not exist or belongs to another partition."
	msgVTNotOpen     = "[VIOSI01040170-0001] No virtual terminal is open for partition %d."
	msgTerminal      = "[VIOSE01040170-0002] A virtual terminal needs an interactive session."
	msgCreateOnly    = "  It cannot be given when a partition is created."
	msgNoVswitch     = "  Virtual switches are not supported."
	msgTriple        = "  Minimum, desired and maximum must be in this order."
	msgRegionHint    = "  It must be a multiple of the memory region size for the managed system."
	msgVSCSIHint     = "  The adapter must be SLOT/client/1/VIOS-NAME/SERVER-SLOT/REQUIRED."
	msgNoConsoleHost = "[VIOSE01040180-0001] The host %s cannot be reached."
	msgNoTrust       = "[VIOSE01040180-0002] SSH communication with %s is not set up for the user %s.  Run mkauthkeys."
	msgBadPassword   = "[VIOSE01040180-0003] The password of user %s on %s is not valid."
	msgBadKey        = "[VIOSE01040180-0004] The key is not a valid public key."
)

// Chosen: partition mobility. The table is also what the documentation lists.
const (
	migNoTarget     = "[VIOSE01042001-0001] The managed system %s was not found on %s."
	migVIOS         = "[VIOSE01042001-0002] Partition %s is a Virtual I/O Server and cannot be migrated."
	migState        = "[VIOSE01042001-0003] Partition %s is in the state %s and cannot be migrated."
	migBusy         = "[VIOSE01042001-0004] Partition %s is already migrating or its last migration needs a recovery."
	migCapable      = "[VIOSE01042001-0005] The managed system %s does not support %s partition mobility."
	migCount        = "[VIOSE01042001-0006] The managed system %s already runs its maximum of %d %s migrations."
	migRoles        = "[VIOSE01042001-0007] The managed system %s is already the %s of a migration."
	migRMC          = "[VIOSE01042001-0008] The management partition cannot communicate with partition %s.  Check its network connection and RMC."
	migRMCVIOS      = "[VIOSE01042001-0009] The management partition cannot communicate with the Virtual I/O Server %s."
	migMover        = "[VIOSE01042001-0010] The Virtual I/O Server %s is not a mover: it has no VASI device."
	migMemory       = "[VIOSE01042001-0011] The destination does not have enough memory: available %d MB, required %d MB (partition %d MB, hypervisor %d MB)."
	migProcessors   = "[VIOSE01042001-0012] The destination does not have enough processing units: available %s, required %s."
	migRegion       = "[VIOSE01042001-0013] The memory region size differs: %d MB on the source, %d MB on the destination."
	migMode         = "[VIOSE01042001-0014] The processor compatibility mode %s is not supported by the destination."
	migName         = "[VIOSE01042001-0015] A partition on the destination already uses the name %s."
	migPhysical     = "[VIOSE01042001-0016] Partition %s has physical I/O: slot %s."
	migGroup        = "[VIOSE01042001-0017] Partition %s is a member of the partition workload group %d."
	migVLAN         = "[VIOSE01042001-0018] VLAN %d of virtual Ethernet slot %d is not bridged by a shared Ethernet adapter of the destination."
	migNoLUN        = "[VIOSE01042001-0019] The destination has no disk for %s (virtual target device %s, %s)."
	migLUNUsed      = "[VIOSE01042001-0020] The disk %s of the destination, wanted for %s, is in use by %s."
	migReserve      = "[VIOSE01042001-0021] The disk %s of %s has reserve_policy %s; it must be no_reserve."
	migNotLUN       = "[VIOSE01042001-0022] The virtual target device %s is backed by %s, which is not a whole disk of the storage network."
	migOptical      = "[VIOSE01042001-0023] The virtual optical device %s has media loaded: %s."
	migSlots        = "[VIOSE01042001-0024] The Virtual I/O Server %s has no %d free virtual slots."
	migMaximum      = "[VIOSE01042001-0025] The destination already has its maximum of %d partitions."
	migFC           = "[VIOSE01042001-0026] No fibre channel port of the destination can host virtual fibre channel adapter %d."
	migUnknownID    = "[VIOSE01042001-0027] The partition ID %d is in use on the destination."
	migMapping      = "[VIOSE01042001-0028] The mapping %s is not valid."
	migGuest        = "[VIOSE01042001-0029] The operating system of partition %s does not support partition mobility."
	migNoUnit       = "[VIOSE01042001-0030] The Virtual I/O Server %s has no access to the logical unit %s of virtual target device %s."
	migWarnVT       = "[VIOSW01042001-0050] The open virtual terminal of partition %s will be closed."
	migStopped      = "[VIOSE01042002-0001] The migration of partition %s has been stopped."
	migFailed       = "[VIOSE01042002-0002] The migration of partition %s has failed.  Recover the partition with migrlpar -o r."
	migNotMigrating = "[VIOSE01042002-0003] Partition %s is not migrating."
	migNoStop       = "[VIOSE01042002-0004] The migration of partition %s can no longer be stopped."
	migNoRecover    = "[VIOSE01042002-0005] Partition %s does not need to be recovered."
	migNotHere      = "[VIOSE01042002-0006] Run the command on the source console %s."
)

// Chosen: device commands of the VIOS.
const (
	devUsage     = "Usage: %s"
	devNotFound  = "Device \"%s\" could not be found in the Device Configuration Database."
	devNoAttr    = "Attribute \"%s\" is not valid for device \"%s\"."
	devNoField   = "Field \"%s\" is not valid."
	devBadType   = "Type \"%s\" is not valid."
	devNoSVSA    = "Device \"%s\" is not a Server Virtual SCSI Adapter (SVSA)."
	devNoSVEA    = "Device \"%s\" is not a Server Virtual Ethernet Adapter (SVEA)."
	devNoVFC     = "Device \"%s\" is not a Server Virtual FC Adapter."
	devNoPlc     = "There is no device at the physical location \"%s\"."
	devNotBack   = "Device \"%s\" is not a valid backing device."
	devInVG      = "Device \"%s\" is in use by volume group %s."
	devNameUsed  = "The device name \"%s\" is already in use."
	devNoVTD     = "Device \"%s\" is not a Virtual Target Device (VTD)."
	devNotBacked = "Device \"%s\" is not a backing device."
	devBusy      = "Some error messages may contain invalid information\nfor the Virtual I/O Server environment.\n\nMethod error (/usr/lib/methods/%s):\n        0514-062 Cannot perform the requested function because the\n                 specified device is busy."
	devChild     = "Method error (/usr/lib/methods/ucfgdevice):\n        0514-040 Error initializing a device into the kernel.\n        Device \"%s\" has child devices; specify -recursive."
	devBadVal    = "Method error (/usr/lib/methods/chgdisk):\n        0514-018 The values specified for the following attributes\n                 are not valid:\n     %s\t"
	devODM       = "0514-516 Device configuration database lock service timed out. Retry the command later."
	devNoPool    = "Volume group \"%s\" does not exist."
	devSEA       = "Method error (/usr/lib/methods/cfgsea):\n        0514-018 The values specified for the following attributes\n                 are not valid:\n     %s\t"
	devNotFC     = "Device \"%s\" is not a fibre channel port that supports NPIV."
	devInPool    = "Device \"%s\" is in use by the shared storage pool %s."
	devBadSize   = "Size \"%s\" is not valid."
	devEth       = "Method error (/usr/lib/methods/cfgech):\n        0514-018 The values specified for the following attributes\n                 are not valid:\n     %s\t"
)

// Known: the logical volume manager and the media repository.
const (
	viosRemark     = "Some error messages may contain invalid information\nfor the Virtual I/O Server environment.\n\n"
	lvmNoGroup     = "0516-306 getlvodm: Unable to find volume group %s in the Device\n\tConfiguration Database."
	lvmNoVolume    = "0516-306 getlvodm: Unable to find  %s in the Device\n\tConfiguration Database."
	lvmNoSpace     = "0516-404 allocp: This system cannot fulfill the allocation request.\n\tThere are not enough free partitions or not enough physical volumes\n\tto keep strictness and satisfy allocation requests.  The command\n\tshould be retried with different allocation characteristics."
	lvmNotGrown    = "0516-792 extendvg: Unable to extend volume group."
	lvmNoGroupMade = "0516-862 %s: Unable to create volume group."
	lvmNoDisk      = "0516-306 %s: Unable to find physical volume %s in the Device\n\tConfiguration Database."
	lvmNewPVID     = "0516-1254 %s: Changing the PVID in the ODM."
	lvmManyParts   = "0516-1162 extendvg: The Physical Partition Size of %d requires the creation of\n\t%d partitions for %s."
	repNone        = "The DVD repository has not been created yet."
)

// Chosen: the same, and storage pools. The codes with 0516 are real but for 0516-1181; the words behind those
// here are not known.
const (
	lvmNotMade     = "0516-822 mklv: Unable to create logical volume."
	lvmNotExtended = "0516-788 extendlv: Unable to extend logical volume."
	lvmBadName     = "0516-1181 mklv: The logical volume name %s is not valid; it has 1 to 15 letters, digits, underscores, dots and hyphens."
	lvmNameUsed    = "0516-360 %s: The device name %s is already used; choose a different name."
	lvmNotMember   = "0516-320 getlvodm: Physical volume %s is not assigned to\n\tvolume group %s."
	lvmDiskUsed    = "0516-1398 %s: The physical volume %s is in use."
	lvmDiskFull    = "0516-016 %s: Cannot delete physical volume %s with allocated partitions."
	lvmNotReduced  = "0516-884 reducevg: Unable to remove physical volume."
	lvmOpen        = "0516-1008 rmlv: Logical volume %s must be closed.  If the logical volume backs a virtual target device, remove that first."
	lvmRemoved     = "rmlv: Logical volume %s is removed."
	lvmAsk         = "Warning, all data contained on logical volume %s will be destroyed.\nrmlv: Do you wish to continue? y(es) n(o)? "
	spNoDefault    = "There is no default storage pool."
	spNoPool       = "Storage pool \"%s\" does not exist."
	spNotLV        = "Storage pool \"%s\" is not of the kind that the operation needs."
	spInUse        = "Storage pool \"%s\" cannot be changed: \"%s\" is in use."
	spNotEmpty     = "Storage pool \"%s\" is not empty."
	spRemoved      = "Storage pool \"%s\" is removed."
	spNoDevice     = "Backing device \"%s\" does not exist in storage pool \"%s\"."
	spNotDevice    = "\"%s\" is not a backing device of a storage pool."
	spBadName      = "The name \"%s\" is not valid."
	spNameUsed     = "The name \"%s\" is already used in storage pool \"%s\"."
	spNoRoom       = "Storage pool \"%s\" does not have enough free space: %d MB, required: %d MB."
	repThere       = "The DVD repository has already been created."
	repNotEmpty    = "The DVD repository is not empty.  Specify the -f flag to remove it with its media."
	repLoaded      = "Virtual optical media \"%s\" is loaded in \"%s\"."
	repGone        = "Virtual Media Repository deleted."
	repNoRoom      = "The DVD repository does not have enough free space: %d MB, required: %d MB."
	optBadName     = "The media name \"%s\" is not valid; it has 1 to 79 letters, digits, underscores and dots."
	optNameUsed    = "Virtual optical media \"%s\" already exists."
	optNone        = "Virtual optical media \"%s\" does not exist."
	optNoFile      = "File \"%s\" does not exist or cannot be read."
	optNoMedium    = "There is no medium in \"%s\"."
	optNotVTD      = "Device \"%s\" is not a file-backed virtual optical device."
	optFull        = "Device \"%s\" already has media loaded: \"%s\"."
	optShared      = "Virtual optical media \"%s\" can be written and is loaded in \"%s\"."
	optEmpty       = "Device \"%s\" has no media loaded."
	clNone         = "Cluster \"%s\" does not exist on this node."
	clNoUnit       = "Logical unit \"%s\" does not exist."
	clMapped       = "Logical unit \"%s\" is mapped by \"%s\" on %s."
)

// Chosen: reference codes of a shell partition and of a boot, in the order in which they come.
var (
	shellRefcodes = []string{"C2001000", "C2001040", "C2001080", "C2002100", "C2003150", "C2003250"}
	bootRefcodes  = []string{"C2001150", "CA00D004", "CA00E1A5", "CA00E851"}
)

const firmwareRefcode = "AA00E1F2"

func text(format string, args ...any) string { return fmt.Sprintf(format, args...) }
