package plugin

func NoDump() {} // Windows writes dumps only where its administrator has said so
