package plugin

// NoDump does nothing here.
func NoDump() {} // Windows writes dumps only where its administrator has said so
